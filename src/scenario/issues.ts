/** What zod says about a value, as the sentences and places of a scenario's errors. */
import type { z } from "zod";
import type { Problem } from "./errors.ts";
import type { Path, Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** The branch of a union that the writer had in mind: the one that does not refuse the value as a whole. */
const intended = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );

/** An issue's message is what is expected there (fields.ts); `base` leads to the value that was parsed. */
export function problemsOf(issues: readonly Issue[], source: Source, base: Path = []): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, index) => ({
        place: source.placeOfKey([...path, key]),
        message: messages[index] ?? issue.message,
      }));
    }
    const branch = issue.code === "invalid_union" ? intended(issue.errors) : undefined;
    if (branch) return problemsOf(branch, source, path);
    return [
      { place: source.placeOf(path), message: `${finding(issue, path, source)}, expected ${issue.message}` },
    ];
  });
}

function finding(issue: Issue, path: Path, source: Source): string {
  const key = String(path.at(-1));
  if (path.length > 0 && !source.has(path)) return `missing '${key}'`;
  const what = issue.code === "invalid_union" && issue.path.length > 0 && key === "kind" ? "kind " : "";
  return `found ${what}${source.describe(path)}`;
}

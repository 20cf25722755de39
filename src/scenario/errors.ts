/** Everything that is wrong with one scenario file, reported together. */
import { type Place, VpioError } from "../base/errors.ts";

export interface Problem {
  readonly place: Place;
  /** What was found and what was expected there. */
  readonly message: string;
}

const byPlace = (x: Problem, y: Problem): number =>
  x.place.line - y.place.line || x.place.column - y.place.column;

const format = ({ place, message }: Problem): string =>
  `${place.file}:${place.line}:${place.column}: ${message}`;

/** `problems`: by place, none twice; `place` is the first one's; `message` has a line for each. */
export class ScenarioError extends VpioError {
  readonly problems: readonly Problem[];

  /** At least one problem. */
  constructor(problems: readonly [Problem, ...Problem[]]) {
    const distinct = new Map([...problems].sort(byPlace).map((problem) => [format(problem), problem]));
    const [first = problems[0], ...others] = distinct.values();
    super("SCENARIO", [first.message, ...others.map(format)].join("\n"), first.place);
    this.name = "ScenarioError";
    this.problems = [first, ...others];
  }
}

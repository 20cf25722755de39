/** Reads a command that the application has sent. */
import { z } from "zod";
import { VpioError } from "../base/errors.ts";
import { parsedJson } from "../base/json.ts";
import type { Command } from "../trace/studio-talk.ts";

const whole = z.number().int().nonnegative();

const schema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("run"), speed: z.number().min(0).max(1e7) }),
  z.strictObject({ do: z.literal("pause") }),
  z.strictObject({ do: z.literal("step") }),
  z.strictObject({ do: z.literal("stepActor"), actor: whole }),
  z.strictObject({ do: z.literal("seek"), move: whole }),
  z.strictObject({ do: z.literal("seekNote"), only: z.enum(["violation", "stopped", "fault"]).optional() }),
  z.strictObject({ do: z.literal("fork"), move: whole, choice: z.string() }),
  z.strictObject({ do: z.literal("branch"), id: whole }),
]);

/** Throws a USAGE error when `text` is no command. */
export function readCommand(text: string): Command {
  const { data, error } = schema.safeParse(parsedJson(text));
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  throw new VpioError("USAGE", `no command: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** Runs code that may not end. */
import { createContext, Script } from "node:vm";

const context = createContext({ body: undefined as (() => unknown) | undefined });
const call = new Script("body()");

/** Runs `body`; false when it was still running after `limitMs`, and has been broken off wherever it was. */
export function endsWithin(limitMs: number, body: () => void): boolean {
  context["body"] = body;
  try {
    call.runInContext(context, { timeout: limitMs });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    context["body"] = undefined;
  }
}

/** What an `http` peer has counted. */
import type { ServerReport } from "../tcp/server.ts";
import type { Status } from "./response.ts";

export interface HttpReport extends ServerReport {
  /** Answers by status, in the order of the statuses. */
  readonly requests: readonly { readonly status: Status; readonly count: number }[];
}

/** How an endpoint is written. */
import type { Endpoint } from "../../scenario/scenario.ts";

/** "127.0.0.1:5555"; "[::1]:5555". */
export const endpointText = ({ host, port }: Endpoint): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

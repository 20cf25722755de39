/** comlink's endpoint over a port of node:worker_threads. */
import type { Endpoint } from "comlink";
import adapter, { type NodeEndpoint } from "comlink/dist/umd/node-adapter.js";

// The adapter's CommonJS file exports the function itself; its types say that it is the `default` of an object.
export const nodeEndpoint = adapter as unknown as (port: NodeEndpoint) => Endpoint;

/** As much of WebAssembly as is used here: it is there in Node, and in the types of browsers only. */

declare const module: unique symbol;
export interface Module {
  readonly [module]: true;
}
export interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}
export interface Memory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}
export interface Table {
  set(index: number, value: unknown): void;
}
/** What a module is given, by the names of its imports. */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  readonly Instance: new (module: Module, imports: Imports) => Instance;
  readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean;
}

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Api };

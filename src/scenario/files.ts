/** How a scenario reaches the files it names; only load.ts knows of a file system. */
export interface ScenarioFiles {
  /** Where to open a file; `file` is as written, relative to the scenario's own folder. */
  locate(file: string): string;
  /** Its bytes; undefined when there is no such file, or none that can be read. */
  read(file: string): Uint8Array | undefined;
}

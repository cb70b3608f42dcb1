import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { InvalidArgumentError } from "commander";
import pc from "picocolors";
import { OptionError } from "../errors.js";
import { type Instrumented, instrument, ModuleError, typesOf } from "../instrument/index.js";
import { counted, grouped } from "../scenario/number.js";
import { fileFault } from "../scenario/programs.js";
import { colourful } from "./colour.js";
import { read, readCosts } from "./costs.js";
import { short } from "./short.js";
import { table } from "./table.js";

export interface InstrumentFlags {
  readonly output?: string;
  readonly sourceMap?: string;
  readonly costs?: string;
  readonly types?: string;
  readonly json?: boolean;
}

/** What instrumenting a file came to. */
interface Result {
  readonly file: string;
  readonly before: number;
  readonly made: Instrumented;
  readonly seconds: number;
}

/** Instruments a module and says what came of it. @throws {InvalidArgumentError} for what is none. */
export function instrumentCommand(file: string, flags: InstrumentFlags): void {
  const { output, sourceMap: mapFile, costs: costsFile, json } = flags;
  if (mapFile !== undefined && output === undefined) {
    throw new InvalidArgumentError("error: --source-map needs --output: the map goes beside that");
  }
  const bytes = read(file, "a module of WebAssembly");
  const sourceMap = mapFile && read(mapFile, "a source map").toString();
  const sourceMappingURL = sourceMap && `./${encodeURI(basename(`${output}.map`))}`;
  const costs = costsFile === undefined ? undefined : readCosts(costsFile);
  const started = performance.now();
  const made = blaming({ file, mapFile, costsFile }, () =>
    instrument(bytes, {
      ...(costs !== undefined && { costs }),
      ...(sourceMap && { sourceMap, sourceMappingURL }),
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  if (output !== undefined) write(output, made.bytes);
  if (flags.types !== undefined) write(flags.types, typesOf(bytes));
  if (sourceMap) write(`${output}.map`, `${JSON.stringify(made.sourceMap)}\n`);
  const result = { file, before: bytes.length, made, seconds };
  process.stdout.write(json ? toJson(result, flags) : page(result, flags));
  const { dropped } = made.figures!;
  if (json || dropped.length === 0) return;
  const sections = `${dropped.length === 1 ? "section" : "sections"} ${dropped.join(", ")}`;
  process.stderr.write(`primemeter: dropped the ${sections}: places in the code are others now\n`);
}

function write(file: string, content: Uint8Array | string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    const expected = "expected a file that can be written";
    throw new InvalidArgumentError(`${file}: found ${fileFault(error)}, ${expected}`);
  }
}

interface Files {
  readonly file: string;
  readonly mapFile: string | undefined;
  readonly costsFile: string | undefined;
}

/** Errors name the file that they are about. */
function blaming<Made>({ file, mapFile, costsFile }: Files, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (error instanceof ModuleError) {
      throw new InvalidArgumentError(`${file}: ${error.message} (${error.code})`);
    }
    if (!(error instanceof OptionError)) throw error;
    const about = error.message.startsWith("costs") ? costsFile : mapFile;
    throw new InvalidArgumentError(`${about}: ${error.message}`);
  }
}

function page({ file, before, made, seconds }: Result, { output }: InstrumentFlags): string {
  const paint = pc.createColors(colourful(process.stdout));
  const { functions, blocks } = made.figures!;
  const { counter, start, refill, bytes } = made;
  const growth = `${(bytes.length / before).toFixed(2)}×`;
  const speed = `${short(before / seconds / 1e6, 2)} MB/s`;
  const rows = [
    ["size", `${grouped(before)} → ${counted(bytes.length, "byte")}, ${growth}`],
    ["functions", grouped(functions)],
    ["blocks charged", grouped(blocks)],
    ["time", `${(seconds * 1000).toFixed(1)} ms, ${speed}`],
    ["counter", `export ${counter}`],
    ...(start === undefined ? [] : [["start function", `export ${start}`]]),
    ["refill", `import ${refill.module}.${refill.field}`],
    ["written", output ?? paint.dim("nothing: --output OUT writes it")],
  ];
  const cells = rows.map(([what, value]) => [paint.dim(what!), value!]);
  return `${table(["module", paint.reset(file)], cells, ["left", "left"], paint)}\n`;
}

function toJson({ file, before, made, seconds }: Result, { output }: InstrumentFlags): string {
  const { counter, start = null, refill, bytes } = made;
  const { functions, blocks, dropped } = made.figures!;
  const names = { counter, start, refill };
  const sizes = { before, after: bytes.length, growth: bytes.length / before };
  const figures = { functions, blocks, ...names, dropped, seconds };
  return `${JSON.stringify({ file, output: output ?? null, ...sizes, ...figures }, null, 2)}\n`;
}

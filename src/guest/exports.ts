// Types of what modules export, as hosts declare it: an interface of functions, memories, tables and globals by
// name, such as `typesOf` of primemeter/wasm writes. Whoever declares none gets what any module may have.

/** Any module's exports. */
export type AnyExports = Record<string, unknown>;

/** Any module's imports. */
export type AnyImports = WebAssembly.Imports;

type AnyFunction = (...given: never[]) => unknown;

/** Names of the functions among them. */
export type FunctionName<Exports extends object> = string extends keyof Exports
  ? string
  : { [Name in keyof Exports]: Exports[Name] extends AnyFunction ? Name : never }[keyof Exports] &
      string;

/** What a function takes. */
export type Given<Exports extends object, Name extends FunctionName<Exports>> = Exports[Name &
  keyof Exports] extends (...given: infer List) => unknown
  ? List
  : unknown[];

/** What it gives: nothing, a value, or a list of several. */
export type Result<Exports extends object, Name extends FunctionName<Exports>> = Exports[Name &
  keyof Exports] extends (...given: never[]) => infer Value
  ? Value
  : unknown;

/** What is no function. */
export type Values<Exports extends object> = string extends keyof Exports
  ? Readonly<Record<string, WebAssembly.ExportValue>>
  : {
      readonly [Name in keyof Exports as Exports[Name] extends AnyFunction
        ? never
        : Name]: Exports[Name];
    };

/** `imports` may be left out where nothing in them is needed. */
export type NeededImports<Imports extends object> =
  Record<string, never> extends Imports ? unknown : { imports: Imports };

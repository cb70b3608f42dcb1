// A build that stops where V8 may stop a worker for good: at every function entry and loop header.
import { readFileSync } from "node:fs";
import binaryen from "assemblyscript/binaryen";

/** Its export `left` is how many such places it still gets past; below zero: all. */
const MORTAL = `
 (global $left (export "left") (mut i32) (i32.const -1))
 (func $mortal
  global.get $left
  i32.eqz
  if
   unreachable
  end
  global.get $left
  i32.const 1
  i32.sub
  global.set $left
 )
`;

export function compileMortal(build: string): WebAssembly.Module {
  const lines = readFileSync(`build/${build}.wat`, "utf8").split("\n");
  let entering = false;
  const places = lines.flatMap((line) => {
    if (line.startsWith(" (func ")) entering = !line.endsWith("))");
    else if (entering && !line.startsWith("  (local ")) {
      entering = false;
      return [" call $mortal", ...(isLoop(line) ? [line, "call $mortal"] : [line])];
    }
    return isLoop(line) ? [line, "call $mortal"] : [line];
  });
  const end = places.lastIndexOf(")");
  const text = [...places.slice(0, end), MORTAL, ")"].join("\n");
  const module = binaryen.parseText(text);
  return new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>);
}

const isLoop = (line: string) => /^ *loop\b/.test(line);

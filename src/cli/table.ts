import Table from "cli-table3";
import type pc from "picocolors";

/** Colours, or the same functions without effect. */
export type Paint = ReturnType<typeof pc.createColors>;

const BARE = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" },
  ...{ "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "" },
  ...{ right: "", "right-mid": "", middle: "  " },
};

/** Columns without borders, under dim heads, indented by two. */
export function table(
  heads: readonly string[],
  rows: readonly string[][],
  colAligns: ("left" | "right")[],
  paint: Paint,
): string {
  const style = { "padding-left": 0, "padding-right": 0, head: [], border: [] };
  const drawn = new Table({ chars: BARE, style, colAligns });
  drawn.push(
    heads.map((head) => paint.dim(head)),
    ...rows,
  );
  return drawn
    .toString()
    .split("\n")
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}

/** Words in lines of at most so many columns, all but the first one indented. */
export function wrapped(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > columns && line !== "") {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

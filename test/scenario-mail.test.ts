// Messages of the operator, and claims about what comes of them, as they are refused.

import { describe, expect, test } from "vitest";
import { complaint } from "./complaint.js";

const METER = `[[meter]]\nname = "m"\nsuperior = "prime"\n`;
const DOMAIN = `[[domain]]\nname = "d"\nmeter = "prime"\nprogram = "../guests/hello.elf"\n`;
const PAGE = `[[page]]\nname = "p"\n`;
const AT = "[[at]]\ncycle = 1\n";
const EXPECT = "[[expect]]\n";

const FAULTS: [what: string, text: string, message: string][] = [
  [
    "a message to nobody",
    `${DOMAIN}${AT}send = "e"`,
    '7:8: at[0].send: found "e", expected the name of a domain (did you mean "d"?)',
  ],
  [
    "a message to a number",
    `${AT}send = 5`,
    "3:8: at[0].send: found 5, expected the name of a domain, or a key such as { start = ",
  ],
  [
    "a message to a bad key",
    `${AT}call = { clok = true, data = 5 }`,
    '3:10: at[0].call.clok: unknown key (did you mean "clock"?), expected one of start, domain, ',
  ],
  [
    "a message to the console",
    `${AT}send = { console = true }`,
    "3:10: at[0].send.console: found the console, expected a key to something else",
  ],
  [
    "an order out of range",
    `${DOMAIN}${AT}send = "d"\norder = -1`,
    "8:9: at[0].order: found -1, expected an integer from 0 to 4_294_967_295",
  ],
  [
    "an order beside off",
    `${METER}${AT}off = "m"\norder = 5`,
    "7:1: at[0].order: found it beside off, expected it beside send or call only",
  ],
  [
    "an answer to what is only sent",
    `${DOMAIN}${AT}send = "d"\nanswer = "a"`,
    "8:1: at[0].answer: found it beside send, expected it beside call only",
  ],
  [
    "an answer's name twice",
    `${DOMAIN}${AT}call = "d"\nanswer = "a"\n${AT}call = "d"\nanswer = "a"`,
    '12:10: at[1].answer: found "a" again (first on line 8), expected a name of its own',
  ],
  [
    "a message too long",
    `${DOMAIN}${AT}send = "d"\ntext = "${"x".repeat(4097)}"`,
    `8:8: at[0].text: found "${"x".repeat(39)}…" of 4,097 bytes, expected a string of at most 4096 bytes`,
  ],
  [
    "five keys in a message",
    `${DOMAIN}${AT}send = "d"\nkeys = [${"{ data = 1 }, ".repeat(5)}]`,
    "8:8: at[0].keys: found an array of 5, expected an array of at most 4 keys",
  ],
  [
    "four keys in a call",
    `${DOMAIN}${AT}call = "d"\nkeys = [${"{ data = 1 }, ".repeat(4)}]`,
    "8:8: at[0].keys: found 4 keys, expected at most 3 beside call",
  ],
  [
    "a slot in a message",
    `${DOMAIN}${AT}call = "d"\nkeys = [{ slot = 5, data = 1 }]`,
    "8:11: at[0].keys[0].slot: unknown key, expected one of start, domain, ",
  ],
  [
    "a claim about an unknown answer",
    `${DOMAIN}${AT}call = "d"\nanswer = "a"\n${EXPECT}answer = "b"\norder = 5`,
    '10:10: expect[0].answer: found "b", expected the name of an answer (did you mean "a"?)',
  ],
  [
    "a claim about an unknown page",
    `${PAGE}${EXPECT}page = "q"\nword = 5`,
    '4:8: expect[0].page: found "q", expected the name of a page (did you mean "p"?)',
  ],
  [
    "a word of an answer",
    `${DOMAIN}${AT}call = "d"\nanswer = "a"\n${EXPECT}answer = "a"\nword = 5`,
    "11:1: expect[0].word: found it about an answer, expected answered, order, text, bytes, numbers",
  ],
  [
    "an offset of nothing",
    `${EXPECT}conserved = true\noffset = 5`,
    "3:1: expect[0].offset: found it without domain, meter, answer, page or partition, expected it a",
  ],
  [
    "a claim of messages upside down",
    `${EXPECT}messages = { min = 5, max = 4 }`,
    "2:12: expect[0].messages: found min 5 above max 4, expected the least first",
  ],
  [
    "a message to the console with text and bytes",
    `${DOMAIN}${EXPECT}domain = "d"\nconsole = [{ text = "a", bytes = [5] }]`,
    "7:26: expect[0].console[0].bytes: found text and bytes, expected one of them at most",
  ],
];

describe("a scenario file is refused for", () => {
  test.each(FAULTS)("%s", (_what, text, message) => {
    const lines = complaint(text).split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.slice(0, message.length)).toBe(message);
  });
});

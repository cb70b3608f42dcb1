// Gives a page to test/page.test.ts in which the package is at hand, as a bundler makes it.

import * as primemeter from "primemeter";
import * as wasm from "primemeter/wasm";

globalThis.primemeter = { ...primemeter, ...wasm };

// Gives a page to test/page.test.ts in which the package is at hand, as a bundler makes it.

import quickjsUrl from "@jitl/quickjs-wasmfile-release-sync/wasm?url";
import * as primemeter from "primemeter";
import * as quickjs from "primemeter/quickjs";
import * as wasm from "primemeter/wasm";

globalThis.primemeter = { ...primemeter, ...quickjs, ...wasm, quickjsUrl };

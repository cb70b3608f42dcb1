import { defineConfig } from "vite";

/** Lets the page have SharedArrayBuffer, which guests in workers and several processors need. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // For await outside of functions.
  build: { target: "es2022" },
  server: { headers },
  preview: { headers },
});

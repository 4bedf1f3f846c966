import react from "@vitejs/plugin-react";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  // the client is read from its TypeScript source: no build step between the two
  resolve: { conditions: ["source", ...defaultClientConditions] },
  ssr: { resolve: { conditions: ["source", ...defaultServerConditions] } }, // what Vitest goes by
  build: {
    outDir: "../broker/static",
    emptyOutDir: true,
    target: ["chrome123", "firefox124", "safari17.5"], // the first with CSS light-dark() and AbortSignal.any()
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { checks: { bundlerTimings: false } }, // a slow machine is nothing to be told of at each build
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": "http://localhost:8000" } },
  // one process runs all files: to begin one for each takes four times as long as all tests
  test: { environment: "node", isolate: false, expect: { poll: { interval: 1, timeout: 10_000 } } },
});

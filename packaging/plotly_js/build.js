// Bundles entry.js with the settings that plotly.js itself is built with (its esbuild-config.js). `make plotly-js` calls it.
"use strict";
const {build} = require("esbuild");
const {environmentPlugin} = require("esbuild-plugin-environment");
const {glsl} = require("esbuild-plugin-glsl");

async function main(target) {
  const {default: inlineCss} = await import("esbuild-plugin-inline-css");
  await build({
    entryPoints: ["entry.js"],
    outfile: target,
    format: "iife",
    globalName: "Plotly",
    bundle: true,
    minify: true,
    legalComments: "eof",
    target: "es2016",
    alias: {regl: "@plotly/regl", stream: "stream-browserify"},
    define: {global: "window", "define.amd": "false"},
    plugins: [inlineCss(), glsl({minify: true}), environmentPlugin({NODE_DEBUG: false})],
  });
}

main(process.argv[2]);

// The kinds of figures on the site's pages (scatter is in the core): what is not named here is not in the bundle.
"use strict";
const Plotly = require("plotly.js/lib/core");
Plotly.register([require("plotly.js/lib/bar"), require("plotly.js/lib/heatmap"), require("plotly.js/lib/sankey")]);
module.exports = Plotly;

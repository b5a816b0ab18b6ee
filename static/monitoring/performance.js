// What every performance page does: theme, sorting; where there are charts, these.

import { startTheme } from "../chat/theme.js";
import { startCharts } from "./charts.js";
import { startSorting } from "./sorting.js";

startTheme();
document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
startSorting();
startCharts();

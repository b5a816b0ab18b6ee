// What every page does for those who watch the site: measures itself, and takes what people think of it.

import { Beacon } from "./beacon.js";
import { startFeedback } from "./feedback.js";
import { Timings } from "./timings.js";
import { Vitals } from "./vitals.js";

new Beacon(new Vitals(), new Timings());
startFeedback();

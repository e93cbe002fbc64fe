/** The process of a reconnect storm. In the members' process, its thousands of readers would block their event loop. */
import { executeOrders } from "../../bench/measure/worker-process.ts";
import { type StormOptions, type StormVerdict, storm } from "./storm.ts";

executeOrders((options: StormOptions): Promise<StormVerdict> => storm(options));

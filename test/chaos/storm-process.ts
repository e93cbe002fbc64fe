/** The process of a reconnect storm: thousands of readers would block the event loop of the members. */
import { executeOrders } from "../../bench/measure/worker-process.ts";
import { type StormOptions, type StormVerdict, storm } from "./storm.ts";

executeOrders((options: StormOptions): Promise<StormVerdict> => storm(options));

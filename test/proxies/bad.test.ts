import { surviveAll } from "./support/survive.ts";

// The settings that are known to break what streams, each as one change to the recommended configuration, at a real proxy.

surviveAll(({ long = false }) => !long);

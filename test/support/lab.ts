import { labPlugin } from "../../lab/engine/routes.ts";

/** The laboratory, with its lanes on any free ports. */
export const LAB = labPlugin({ ports: null });

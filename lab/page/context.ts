import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Lab } from "./model/lab.ts";

export const LabContext = createContext<Lab | null>(null);

/** Returns the laboratory that surrounds a component. Throws outside of one. */
export function useLab(): Lab {
  const lab = useContext(LabContext);
  if (lab === null) throw new Error("This component needs a laboratory. Render it inside LabContext.Provider.");
  return lab;
}

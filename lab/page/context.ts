import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Lab } from "./model/lab.ts";

export const LabContext = createContext<Lab | null>(null);

/** The laboratory around a component. Throws outside of one. */
export function useLab(): Lab {
  const lab = useContext(LabContext);
  if (lab === null)
    throw new Error("This component belongs inside the laboratory. Draw it within LabContext.Provider.");
  return lab;
}

/** A canvas's pen that writes down what it is told in place of drawing it: one line per call and per setting. */
export interface WrittenPen {
  readonly pen: CanvasRenderingContext2D;
  /** What has been written since the last time. */
  take(): readonly string[];
}

/** Words are as wide as their letters are many: nothing in a picture may hang on a machine's fonts. */
const LETTER_PX = 6;

export function createPen(): WrittenPen {
  let lines: string[] = [];
  const settings: Record<string, unknown> = { canvas: { width: 800, height: 160 } };
  const pen: unknown = new Proxy(settings, {
    get(known, name) {
      if (typeof name !== "string") return undefined;
      if (name in known) return known[name];
      return (...values: readonly unknown[]) => {
        lines.push(`${name}(${values.map(String).join(", ")})`);
        return name === "measureText" ? { width: String(values[0]).length * LETTER_PX } : undefined;
      };
    },
    set(known, name, value) {
      if (typeof name !== "string") return false;
      known[name] = value;
      lines.push(`${name} = ${String(value)}`);
      return true;
    },
  });
  if (!isPen(pen)) throw new TypeError("The pen can't draw.");
  return {
    pen,
    take() {
      const taken = lines;
      lines = [];
      return taken;
    },
  };
}

function isPen(value: unknown): value is CanvasRenderingContext2D {
  return typeof value === "object" && value !== null && "canvas" in value;
}

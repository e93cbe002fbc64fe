import { styleOf } from "../../../public/view/transports.tsx";
import { dashOf, inkOf } from "./ink.ts";
import { csvOf, type Line } from "./report.ts";

interface TakeAwayProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Those that are drawn; empty where no picture can be drawn. */
  readonly shown: readonly Line[];
  readonly json: () => string;
  /** The picture as it is drawn now; null: there is none. */
  readonly canvas: () => HTMLCanvasElement | null;
}

const NAME = "skyrocket-bench";

/** The measurement as files: all of it, its table, its picture. */
export function TakeAway({ title, lines, shown, json, canvas }: TakeAwayProps) {
  return (
    <p class="bench-take">
      <button
        type="button"
        class="quiet-button"
        onClick={() => save(`${NAME}.json`, new Blob([json()], { type: "application/json" }))}
      >
        Save as JSON
      </button>
      <button
        type="button"
        class="quiet-button"
        onClick={() => save(`${NAME}.csv`, new Blob([csvOf(lines)], { type: "text/csv" }))}
      >
        Save as CSV
      </button>
      {shown.length > 0 && (
        <button
          type="button"
          class="quiet-button"
          onClick={({ currentTarget }) => {
            const drawn = canvas();
            if (drawn !== null) pictureOf(drawn, title, shown, currentTarget).toBlob(saveAsPicture);
          }}
        >
          Save as PNG
        </button>
      )}
    </p>
  );
}

function saveAsPicture(blob: Blob | null): void {
  if (blob !== null) save(`${NAME}.png`, blob);
}

/** Has the browser save it. */
function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has its own hold of it once it has begun, which is in this turn.
  URL.revokeObjectURL(link.href);
}

/** Of the picture's own parts, in CSS pixels. */
const EDGE = 16;
const LINE = 22;
const SAMPLE = 36;

/** The plot with what its page says around it: title, ground, and which line is whose. */
function pictureOf(
  plot: HTMLCanvasElement,
  title: string,
  lines: readonly Line[],
  place: HTMLElement,
): HTMLCanvasElement {
  const scale = devicePixelRatio;
  const picture = document.createElement("canvas");
  const head = EDGE + LINE * (lines.length + 1);
  picture.width = plot.width + 2 * EDGE * scale;
  picture.height = plot.height + (head + EDGE) * scale;
  const pen = picture.getContext("2d");
  if (pen === null) return plot;
  pen.fillStyle = inkOf(place, "bench-card");
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(plot, EDGE * scale, head * scale);
  pen.scale(scale, scale);
  pen.textBaseline = "middle";
  pen.lineCap = "round";
  const font = getComputedStyle(place).fontFamily;
  const write = (text: string, x: number, row: number, weight: number): void => {
    pen.fillStyle = inkOf(place, "bench-strong");
    pen.font = `${weight} 13px ${font}`;
    pen.fillText(text, x, EDGE + LINE * (row + 0.5));
  };
  write(`Skyrocket · latency in ms · ${title}`, EDGE, 0, 600);
  for (const [index, { label, transport, faults }] of lines.entries()) {
    const y = EDGE + LINE * (index + 1.5);
    pen.strokeStyle = inkOf(place, styleOf(transport).tone);
    pen.lineWidth = 2;
    pen.setLineDash(dashOf(styleOf(transport).dash));
    pen.beginPath();
    pen.moveTo(EDGE, y);
    pen.lineTo(EDGE + SAMPLE, y);
    pen.stroke();
    write(faults.length === 0 ? label : `${label} (does not count)`, EDGE + SAMPLE + 10, index + 1, 400);
  }
  return picture;
}

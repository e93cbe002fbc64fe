import { readLimits } from "../../bench/doctor/machine.ts";

/** Files a process of this test needs beside its connections. */
const SPARE = 300;

/** Returns what this machine lacks for that many connections, or null. Each process holds one end of every connection. */
export function lacking(connections: number): string | null {
  const { files, ports } = readLimits();
  const wanted = connections + SPARE;
  if (files !== null && files < wanted) {
    return `${connections} connections need ${wanted} open files in the server's process, and ${files} are allowed. Run "ulimit -n ${wanted}" first, or ask for fewer with --connections.`;
  }
  if (ports !== null && ports[1] - ports[0] < wanted) {
    return `${connections} connections need as many client ports, and there are ${ports[1] - ports[0] + 1}. Widen them: sysctl -w net.ipv4.ip_local_port_range="10240 65535".`;
  }
  return null;
}

/** The same when nothing is lacking: what there is. */
export function described(): string {
  const { files, ports } = readLimits();
  const allowed = files === null ? "this system doesn't tell" : `${files} a process`;
  return `open files: ${allowed}; client ports: ${ports === null ? "this system doesn't tell" : ports[1] - ports[0] + 1}`;
}

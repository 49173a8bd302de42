/**
 * The peers' packages: Debian's, installed where they are missing.
 */

import type { PeerName } from "./matrix.ts";

/** What each package is there for, as a command or module that it brings. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ["sip-tester", "sipp"],
  ["kamailio", "kamailio"],
  ["kamailio-tls-modules", "tls.so"],
  ["kamailio-websocket-modules", "websocket.so"],
  ["baresip-core", "baresip"],
  ["linphone-cli", "linphone-daemon"],
  ["dnsmasq-base", "dnsmasq"],
]);

/** Installs what is missing; says what could not be. */
export async function providePeers(): Promise<string | undefined> {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  await installPackages(missing);
  const still = missingPackages();
  return still.length === 0 ? undefined : `missing: apt-get install ${still.join(" ")}`;
}

/** Which version of each peer is there, without Debian's own numbers. */
export async function peerVersions(): Promise<Record<PeerName, string>> {
  return {
    Kamailio: await versionOf("kamailio"),
    baresip: await versionOf("baresip-core"),
    linphone: await versionOf("linphone-cli"),
    SIPp: await versionOf("sip-tester"),
  };
}

async function versionOf(name: string): Promise<string> {
  const args = ["-W", "-f", "${Version}", name];
  const { stdout } = await new Deno.Command("dpkg-query", { args }).output();
  return /^(?:\d+:)?([\d.]+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? "";
}

/** Installs packages of Debian, where that is possible. */
export async function installPackages(names: readonly string[]): Promise<void> {
  console.log(`installing ${names.join(", ")}`);
  await asRoot("apt-get", "update", "-q");
  await asRoot("apt-get", "install", "-qy", "--no-install-recommends", ...names);
}

function missingPackages(): string[] {
  return [...PACKAGES].filter(([, command]) => !isThere(command)).map(([name]) => name);
}

function isThere(command: string): boolean {
  // Debian has daemons where only root looks for commands.
  const directories = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", ...modules()];
  return directories.some((directory) => {
    try {
      return Deno.statSync(`${directory}/${command}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Where Kamailio's modules are, for every architecture. */
function modules(): string[] {
  try {
    return Array.from(
      Deno.readDirSync("/usr/lib"),
      ({ name }) => `/usr/lib/${name}/kamailio/modules`,
    );
  } catch {
    return [];
  }
}

async function asRoot(...command: string[]): Promise<void> {
  const [name = "", ...args] = Deno.uid() === 0 ? command : ["sudo", "-n", ...command];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await new Deno.Command(name, { args, env, stdin: "null", stdout: "null" }).output();
  } catch (error) {
    console.error(`${name}: ${error}`);
  }
}

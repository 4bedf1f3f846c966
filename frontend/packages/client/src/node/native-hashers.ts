import { createHash } from "node:crypto";
import { createCrc32cHasher, type Hashers } from "../hasher.ts";
import { CompositeHasher } from "../sha256-composite.ts";
import { Sha256Hasher } from "../sha256-hasher.ts";
import { wideCrc32c } from "./wide-crc32c.ts";

const createSha256 = () => createHash("sha256");

/** Faster than what runs in every page. */
export const nativeHashers: Hashers = {
  create: async (algorithm) =>
    algorithm === "crc32c" ? createCrc32cHasher(wideCrc32c) : new Sha256Hasher(createSha256()),
  createComposite: async (partSize) => new CompositeHasher(partSize, createSha256),
};

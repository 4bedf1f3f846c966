import { describe, expect, test } from "vitest";
import { SpeedMeter } from "./speed-meter.ts";

describe("a speed meter", () => {
  test("knows nothing before it has seen two moments", () => {
    const meter = new SpeedMeter();
    meter.observe(100, 1000);

    expect(meter.perSecond).toBeNull();
  });

  test("tells bytes per second", () => {
    const meter = new SpeedMeter();
    for (const second of [0, 1, 2, 3]) {
      meter.observe(second * 500, second * 1000);
    }

    expect(meter.perSecond).toBeCloseTo(500);
  });

  test("follows a change little by little", () => {
    const meter = new SpeedMeter();
    meter.observe(0, 0);
    meter.observe(1000, 1000);

    meter.observe(1000, 2000);

    expect(meter.perSecond).toBeGreaterThan(500);
    expect(meter.perSecond).toBeLessThan(1000);
  });

  test("takes bytes that are taken back for no speed, and a clock turned back for nothing", () => {
    const meter = new SpeedMeter();
    meter.observe(1000, 1000);
    meter.observe(500, 2000);
    meter.observe(900, 1500);

    expect(meter.perSecond).toBe(0);
  });
});

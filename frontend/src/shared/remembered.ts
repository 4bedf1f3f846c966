import { useCallback, useState } from "react";
import { safeStorage } from "./safe-storage.ts";

const local = safeStorage(() => localStorage);

/** Read which of some values was chosen on this device: the first, where none was. */
export function readRemembered<Value extends string>(
  key: string,
  values: readonly [Value, ...Value[]],
  storage: Pick<Storage, "getItem">,
): Value {
  const stored = storage.getItem(key);
  return values.find((value) => value === stored) ?? values[0];
}

/** Keep a choice of one of some values, on this device. */
export function useRemembered<Value extends string>(
  key: string,
  values: readonly [Value, ...Value[]],
): readonly [Value, (value: Value) => void] {
  const [chosen, setChosen] = useState(() => readRemembered(key, values, local));
  const choose = useCallback(
    (value: Value) => {
      local.setItem(key, value);
      setChosen(value);
    },
    [key],
  );
  return [chosen, choose];
}

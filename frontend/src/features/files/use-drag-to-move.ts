import { type DragEvent, useRef } from "react";
import { type Chosen, mayMove } from "./filing.ts";

/** What can be dropped upon: a step of the path, or a folder in the list, whose key is a slash and its path. */
const TARGET = '[data-folder], [data-key^="/"]';

interface Options {
  /** What is dragged with the row of this key. */
  readonly draggedWith: (key: string) => Chosen;
  readonly onMove: (chosen: Chosen, to: string) => void;
}

interface DragHandlers {
  readonly onDragStart: (event: DragEvent) => void;
  readonly onDragOver: (event: DragEvent) => void;
  readonly onDrop: (event: DragEvent) => void;
  readonly onDragEnd: (event: DragEvent) => void;
}

/**
 * Let rows be dragged onto folders. A place that takes them is marked with `data-over`, and as long as they are dragged,
 * what handles it with `data-dragging`.
 */
export function useDragToMove({ draggedWith, onMove }: Options): DragHandlers {
  const dragged = useRef<Chosen | null>(null);
  const over = useRef<HTMLElement | null>(null);

  const mark = (place: HTMLElement | null) => {
    over.current?.removeAttribute("data-over");
    place?.setAttribute("data-over", "");
    over.current = place;
  };
  const placeOf = ({ target }: DragEvent): HTMLElement | null => {
    const place = target instanceof Element ? target.closest<HTMLElement>(TARGET) : null;
    return place !== null && dragged.current !== null && mayMove(dragged.current, pathOf(place))
      ? place
      : null;
  };
  const end = ({ currentTarget }: DragEvent) => {
    mark(null);
    currentTarget.removeAttribute("data-dragging");
    dragged.current = null;
  };

  return {
    onDragStart: ({ target, currentTarget, dataTransfer }) => {
      const key = target instanceof HTMLElement ? target.dataset.key : undefined;
      if (key !== undefined) {
        dragged.current = draggedWith(key);
        currentTarget.setAttribute("data-dragging", "");
        dataTransfer.effectAllowed = "move";
        dataTransfer.setData("text/plain", ""); // without any, Firefox drags nothing
      }
    },
    onDragOver: (event) => {
      const place = placeOf(event);
      mark(place);
      if (place !== null) {
        event.preventDefault();
      }
    },
    onDrop: (event) => {
      const place = placeOf(event);
      if (place !== null && dragged.current !== null) {
        event.preventDefault();
        onMove(dragged.current, pathOf(place));
      }
      end(event);
    },
    onDragEnd: end,
  };
}

function pathOf({ dataset }: HTMLElement): string {
  return dataset.folder ?? dataset.key?.slice(1) ?? "";
}

import { type SyntheticEvent, useRef } from "react";
import styles from "./preview-content.module.css";

interface MediaPlayerProps {
  readonly kind: "video" | "audio";
  readonly url: string;
  /** Until when the store takes the URL, in milliseconds. */
  readonly expiresAt: number;
  readonly autoPlay: boolean;
  /** Called when the URL is of no use any more: another one goes on where this one ended. */
  readonly onExpired: () => void;
  /** Called when the browser cannot play what it gets. */
  readonly onFailed: () => void;
}

/** Where the player stood when its URL was given up. */
interface Place {
  readonly at: number;
  readonly isPaused: boolean;
  readonly rate: number;
}

/** A film or a recording. It is fetched bit by bit as it plays, for longer than its URL lives. */
export function MediaPlayer({ kind, url, expiresAt, autoPlay, onExpired, onFailed }: MediaPlayerProps) {
  const place = useRef<Place | null>(null);

  const renew = ({ currentTime, paused, playbackRate }: HTMLMediaElement) => {
    if (place.current?.at !== currentTime) {
      place.current = { at: currentTime, isPaused: paused, rate: playbackRate };
      onExpired();
    }
  };
  const events = {
    // the browser asks the store again and again for half a minute before it calls it an error
    onStalled: ({ currentTarget: player }: SyntheticEvent<HTMLMediaElement>) => {
      if (Date.now() > expiresAt && player.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) {
        renew(player);
      }
    },
    onError: ({ currentTarget: player }: SyntheticEvent<HTMLMediaElement>) => {
      if (player.error?.code === MediaError.MEDIA_ERR_NETWORK) {
        renew(player);
      } else {
        onFailed();
      }
    },
    onLoadedMetadata: ({ currentTarget: player }: SyntheticEvent<HTMLMediaElement>) => {
      if (place.current !== null) {
        const { at, isPaused, rate } = place.current;
        player.currentTime = at;
        player.playbackRate = rate;
        void (isPaused ? player.pause() : player.play());
      }
    },
    onCanPlay: () => {
      place.current = null;
    },
  };
  const Player = kind;
  return <Player className={styles[kind]} src={url} controls autoPlay={autoPlay} {...events} />;
}

// Uppy Companion as its own standalone program starts it, but on loopback alone.
import standalone from "@uppy/companion/standalone";

standalone().app.listen(Number(process.env.COMPANION_PORT), "127.0.0.1");

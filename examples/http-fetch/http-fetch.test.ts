import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MovieServer, delayOf, readMovies, type Movie } from "./movie-server.js";
import { ratingsByGenre } from "./ratings.js";

describe("the server", () => {
  let movies: Movie[] = [];
  let server: MovieServer;
  let address = "";
  beforeAll(async () => {
    movies = await readMovies(50);
    server = new MovieServer(movies);
    address = await server.listen();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("gives the film that is asked for", async () => {
    const response = await fetch(`${address}/movies/7`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(movies[7]);
  });

  it("refuses every 40th film once, and has no others than it has", async () => {
    const statuses = [];
    for (const path of ["/movies/40", "/movies/40", "/movies/50", "/films/1"])
      statuses.push((await fetch(address + path)).status);
    expect(statuses).toEqual([503, 200, 404, 404]);
  });

  it("lets clients wait for 50 to 250 ms, differently for each film", () => {
    const delays = movies.map((_, id) => delayOf(id));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...delays)).toBeLessThanOrEqual(250);
    expect(new Set(delays).size).toBe(50);
  });
});

it("takes the mean rating by genre, best first, of films that have one", () => {
  const film = (genre: string | null, rating: number | null): Movie => ({
    Title: "",
    "Major Genre": genre,
    "IMDB Rating": rating,
  });
  expect(ratingsByGenre([film("Drama", 6), film("Drama", 7), film("Western", null), film(null, 9)])).toEqual([
    { genre: "(none)", films: 1, rating: 9 },
    { genre: "Drama", films: 2, rating: 6.5 },
  ]);
});

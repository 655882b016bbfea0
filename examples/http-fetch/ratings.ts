/** Mean rating of films by genre. */
import type { Movie } from "./movie-server.js";

export interface GenreRating {
  readonly genre: string;
  readonly films: number;
  /** On the Internet Movie Database, 0 to 10; of the films that have one. */
  readonly rating: number;
}

export function ratingsByGenre(movies: readonly Movie[]): GenreRating[] {
  const ratings = new Map<string, number[]>();
  for (const movie of movies) {
    const rating = movie["IMDB Rating"];
    if (rating === null) continue;
    const genre = movie["Major Genre"] ?? "(none)";
    ratings.set(genre, [...(ratings.get(genre) ?? []), rating]);
  }
  return [...ratings]
    .map(([genre, all]) => ({ genre, films: all.length, rating: all.reduce((sum, one) => sum + one, 0) / all.length }))
    .sort((a, b) => b.rating - a.rating);
}

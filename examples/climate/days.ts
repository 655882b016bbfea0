/** Days of weather, and what a year of them comes to. Plain functions: nothing here knows that tasks call them. */

export interface Day {
  readonly date: string;
  /** Millimetres. */
  readonly rain: number;
  /** Degrees Celsius. */
  readonly warmest: number;
  readonly coldest: number;
}

export interface Year {
  readonly city: string;
  readonly year: number;
  readonly rain: number;
  readonly wetDays: number;
  readonly warmest: Day;
  readonly coldest: Day;
}

class MalformedDayError extends Error {
  constructor(
    readonly line: number,
    readonly text: string,
  ) {
    super(`line ${line} is no day of weather: ${text}`);
    this.name = "MalformedDayError";
  }
}

/** location,date,precipitation,temp_max,temp_min,wind,weather */
export function parseDays(csv: string): Day[] {
  const lines = csv.trimEnd().split("\n").slice(1);
  return lines.map((text, index) => {
    const [, date = "", ...rest] = text.split(",");
    const [rain, warmest, coldest] = rest.map(Number);
    if (rain === undefined || warmest === undefined || coldest === undefined || Number.isNaN(rain + warmest + coldest))
      throw new MalformedDayError(index + 2, text);
    return { date, rain, warmest, coldest };
  });
}

export function summarise(city: string, year: number, days: readonly Day[]): Year {
  const by = (better: (a: Day, b: Day) => boolean): Day => days.reduce((best, day) => (better(day, best) ? day : best));
  return {
    city,
    year,
    rain: Math.round(days.reduce((sum, day) => sum + day.rain, 0)),
    wetDays: days.filter((day) => day.rain > 0).length,
    warmest: by((a, b) => a.warmest > b.warmest),
    coldest: by((a, b) => a.coldest < b.coldest),
  };
}

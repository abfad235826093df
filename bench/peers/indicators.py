"""The peer of the benchmark `indicators`: TA-Lib over the bars of a folder, one time each.

Says the kind and its nanoseconds, a line each; with `--write` the values go into the folder too. What TA-Lib does not have
(channels, VWAP) is put together from what it has, and from numpy.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pathlib
import sys
import time

import numpy
import talib

folder = pathlib.Path(sys.argv[1])


def column(name):
    return numpy.fromfile(folder / name, dtype="<f8")


session, high, low, close, volume = (column(name) for name in ["session", "high", "low", "close", "volume"])


def donchian():
    upper, lower = talib.MAX(high, 20), talib.MIN(low, 20)
    return upper, (upper + lower) / 2, lower


def keltner():
    middle, distance = talib.EMA(close, 20), 2 * talib.ATR(high, low, close, 20)
    middle = numpy.where(numpy.isnan(distance), numpy.nan, middle)
    return middle + distance, middle, middle - distance


def vwap():
    price = (high + low + close) / 3
    starts = numpy.flatnonzero(numpy.diff(session, prepend=session[0] - 1))
    lengths = numpy.diff(starts, append=len(session))

    def of_session(numbers):
        # Over all sessions the sum grows so large that a double would lose what a bar adds.
        total = numpy.cumsum(numbers, dtype=numpy.longdouble)
        return total - numpy.repeat(total[starts] - numbers[starts], lengths)

    values = of_session(price * volume) / of_session(volume)
    # The first session may have begun before.
    values[: lengths[0]] = numpy.nan
    return (values,)


KINDS = {
    "SMA": (["SMA"], lambda: (talib.SMA(close, 20),)),
    "EMA": (["EMA"], lambda: (talib.EMA(close, 20),)),
    "WMA": (["WMA"], lambda: (talib.WMA(close, 20),)),
    "RSI": (["RSI"], lambda: (talib.RSI(close, 14),)),
    "MACD": (["MACD", "SIGNAL", "HISTOGRAM"], lambda: talib.MACD(close, 12, 26, 9)),
    "BOLLINGER": (["UPPER", "MIDDLE", "LOWER"], lambda: talib.BBANDS(close, 20, 2, 2)),
    "ATR": (["ATR"], lambda: (talib.ATR(high, low, close, 14),)),
    "VWAP": (["VWAP"], vwap),
    "STOCHASTIC": (["K", "D"], lambda: talib.STOCH(high, low, close, 14, 3, 0, 3, 0)),
    "ADX": (
        ["ADX", "PLUS_DI", "MINUS_DI"],
        lambda: [of(high, low, close, 14) for of in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)],
    ),
    "CCI": (["CCI"], lambda: (talib.CCI(high, low, close, 20),)),
    "OBV": (["OBV"], lambda: (talib.OBV(close, volume),)),
    "MFI": (["MFI"], lambda: (talib.MFI(high, low, close, volume, 14),)),
    "ROC": (["ROC"], lambda: (talib.ROC(close, 10),)),
    "WILLIAMS_R": (["WILLIAMS_R"], lambda: (talib.WILLR(high, low, close, 14),)),
    "DONCHIAN": (["UPPER", "MIDDLE", "LOWER"], donchian),
    "KELTNER": (["UPPER", "MIDDLE", "LOWER"], keltner),
    "STANDARD_DEVIATION": (["STANDARD_DEVIATION"], lambda: (talib.STDDEV(close, 20, 1),)),
}

for kind, (names, compute) in KINDS.items():
    begun = time.thread_time_ns()
    lines = compute()
    print(kind, time.thread_time_ns() - begun)
    if "--write" in sys.argv:
        for name, line in zip(names, lines, strict=True):
            line.astype("<f8").tofile(folder / f"{kind}-{name}")

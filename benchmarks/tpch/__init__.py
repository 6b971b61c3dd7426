"""The 22 queries of TPC-H, in pandas' style, in SQL, and in Polars' own; and the data that they are asked of.

Each ``qNN.py`` has ``query(t)``, where ``t.lineitem`` and the others are frames: of Weft, of Dask or of pandas. The words are
those of pandas; nothing in them helps one of the libraries. ``sql/`` has the questions as the standard puts them
(TPC Benchmark H, revision 3.0.1, section 2.4, with the validation parameters), ``polars_queries.py`` as Polars' users would.

Amounts are float64 and dates are timestamps in all files: pandas has no fast decimals.
"""

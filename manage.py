#!/usr/bin/env python
"""The command line of reviewtool; the installed `reviewtool` script is the same under another name."""

from reviewtool.cli import main

if __name__ == "__main__":
    main()

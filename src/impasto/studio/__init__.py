"""The studio: everything that needs torch. Importing this package alone imports nothing."""

import os

# Matrix products by MKL otherwise differ in the last bits from one run to the next on some processors, and a
# training that is resumed would not end where one does that was never stopped. It reads this once, at its
# first product; all that computes here comes after this line. A value that is there already stays.
os.environ.setdefault("MKL_CBWR", "AUTO")

/* What sources in C are made of, for one kind of number each. */

/* a b + c, rounded once. The product is exact in double; the sum is rounded to an odd last digit there where it is not
   exact, so that rounding it to float afterwards is right (Boldo and Melquiond 2008). */
static float fma_float(float a, float b, float c) {
#ifdef __FP_FAST_FMAF
    return __builtin_fmaf(a, b, c);
#endif
    /* Reached where the processor has no instruction for it. */
    const double product = (double)a * b;
    const double sum = product + c;
    /* What the sum has lost (Knuth's two-sum). */
    const double part = sum - product;
    const double lost = (product - (sum - part)) + (c - part);
    uint64_t bits = bits_of_double(sum);
    if ((lost > 0.0 || lost < 0.0) && bits % 2 == 0) {
        bits += (lost > 0.0) == (sum > 0.0) ? 1 : UINT64_MAX;
    }
    return (float)double_of_bits(bits);
}

/* high 2^64 + low */
typedef struct {
    uint64_t high, low;
} wide;

/* The product of two numbers below 2^53. */
static wide wide_product(uint64_t a, uint64_t b) {
    const uint64_t a_high = a >> 32, a_low = a & UINT32_MAX, b_high = b >> 32, b_low = b & UINT32_MAX;
    const uint64_t low = a_low * b_low;
    const uint64_t middle = a_high * b_low + a_low * b_high + (low >> 32);
    const wide product = {a_high * b_high + (middle >> 32), middle << 32 | (low & UINT32_MAX)};
    return product;
}

static wide wide_left(wide x, int count) {
    const wide far = {x.low << (count % 64), 0};
    const wide near = {count == 0 ? x.high : x.high << count % 64 | x.low >> (64 - count) % 64, x.low << count % 64};
    return count >= 64 ? far : near;
}

/* x / 2^count; its last digit is 1 where something was lost. */
static wide wide_right(wide x, int count) {
    for (; count >= 64; count -= 64) {
        x.low = x.high | (x.low != 0);
        x.high = 0;
    }
    if (count > 0) {
        const int is_lost = x.low << (64 - count) != 0;
        x.low = x.low >> count | x.high << (64 - count) | (uint64_t)is_lost;
        x.high >>= count;
    }
    return x;
}

/* x 2^exponent with the highest digit of x in place 125. */
static wide wide_normal(wide x, int *exponent) {
    if (x.high >> 62 != 0) {
        x = wide_right(x, 1);
        *exponent += 1;
    }
    for (int step = 64; step > 0; step /= 2) {
        const uint64_t top = step == 64 ? x.high | x.low >> 62 : x.high >> (62 - step);
        if (top == 0) {
            x = wide_left(x, step);
            *exponent -= step;
        }
    }
    return x;
}

/* |x| = significand 2^exponent for a finite x */
static uint64_t digits_of(double x, int *exponent) {
    const uint64_t bits = bits_of_double(x) & (UINT64_MAX >> 1), hidden = (uint64_t)1 << 52;
    *exponent = bits < hidden ? -1074 : (int)(bits >> 52) - 1075;
    return bits < hidden ? bits : bits % hidden | hidden;
}

static int is_finite_and_not_zero(double x) {
    return x - x == 0.0 && x != 0.0;
}

/* a b + c, rounded once: product and sum as whole numbers of 128 bits. */
static double fma_double(double a, double b, double c) {
#ifdef __FP_FAST_FMA
    return __builtin_fma(a, b, c);
#endif
    /* Reached where the processor has no instruction for it. */
    int exponent, exponent_of_b, exponent_of_c;
    if (!is_finite_and_not_zero(a) || !is_finite_and_not_zero(b)) {
        return a * b + c;
    }
    if (!is_finite_and_not_zero(c)) {
        return c == 0.0 ? a * b : c;
    }
    const uint64_t sign = (uint64_t)1 << 63;
    wide x = wide_product(digits_of(a, &exponent), digits_of(b, &exponent_of_b));
    wide y = {0, digits_of(c, &exponent_of_c)};
    uint64_t sign_of_x = (bits_of_double(a) ^ bits_of_double(b)) & sign, sign_of_y = bits_of_double(c) & sign;
    exponent += exponent_of_b;
    x = wide_normal(x, &exponent);
    y = wide_normal(y, &exponent_of_c);
    /* x becomes the one with the larger exponent, or the larger number if these are the same. */
    const int x_is_less = x.high < y.high || (x.high == y.high && x.low < y.low);
    if (exponent < exponent_of_c || (exponent == exponent_of_c && x_is_less)) {
        const wide other = x;
        const int other_exponent = exponent;
        const uint64_t other_sign = sign_of_x;
        x = y, exponent = exponent_of_c, sign_of_x = sign_of_y;
        y = other, exponent_of_c = other_exponent, sign_of_y = other_sign;
    }
    y = wide_right(y, exponent - exponent_of_c);
    if (sign_of_x == sign_of_y) {
        x.low += y.low;
        x.high += y.high + (x.low < y.low);
    } else {
        x.high -= y.high + (x.low < y.low);
        x.low -= y.low;
    }
    if (x.high == 0 && x.low == 0) {
        return 0.0;
    }
    x = wide_normal(x, &exponent);
    /* 53 digits are kept, fewer of a subnormal number, and two more decide how they are rounded. */
    const int last = exponent + 73 < -1074 ? -1074 : exponent + 73;
    const uint64_t digits = wide_right(x, last - exponent - 2).low;
    const uint64_t rounded = digits / 4 + (digits % 4 == 3 || digits % 8 == 6);
    const uint64_t infinity = (uint64_t)2047 << 52;
    const uint64_t bits = last > 971 ? infinity : ((uint64_t)(last + 1074) << 52) + rounded;
    return double_of_bits(sign_of_x | bits);
}

/* Whether there is no number. */
static int is_missing(double x) {
    return x != x;
}

/* Whether two words are the same but for the case of their letters from a to z. */
static int is_same_word(const char *a, const char *b) {
    for (;; a++, b++) {
        const char small_a = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
        const char small_b = *b >= 'A' && *b <= 'Z' ? (char)(*b - 'A' + 'a') : *b;
        if (small_a != small_b) {
            return 0;
        }
        if (small_a == 0) {
            return 1;
        }
    }
}

/* Whether there is no word, or one that tables have where there is none. */
static int is_no_word(const char *word) {
    static const char *const MARKS[7] = {"", "na", "n/a", "null", "nan", "-", "?"};
    for (size_t i = 0; word != NULL && i < COUNT(MARKS); i++) {
        if (is_same_word(word, MARKS[i])) {
            return 1;
        }
    }
    return word == NULL;
}

/* The place of a word among others, or their number. */
static size_t place_of(const char *word, const char *const *words, size_t count) {
    size_t place = 0;
    while (place < count && strcmp(word, words[place]) != 0) {
        place++;
    }
    return place;
}

/* The place of a word among others in any case, or their number. */
static size_t place_in_any_case(const char *word, const char *const *words, size_t count) {
    size_t place = 0;
    while (place < count && !is_same_word(word, words[place])) {
        place++;
    }
    return place;
}

/* The greatest whole number that is not above a / b, for b > 0. */
static int64_t floor_of_quotient(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* The greatest whole number that is not above x. */
static int64_t floor_of(double x) {
    const int64_t whole = (int64_t)x;
    return whole - (x < (double)whole);
}

/* The whole number of days before a moment, which is given in seconds since 1970 began. */
static int64_t whole_days(double moment) {
    return floor_of(moment / 86400.0);
}

/* Whether a moment lies in the years 0 to 9999. */
static int is_moment(double moment) {
    return moment >= -62167219200.0 && moment < 253402300800.0;
}

/* Year, month and day of a moment, in the Gregorian calendar. Years begin in March here, so that the day that comes every
   four years is their last (Howard Hinnant, "chrono-compatible low-level date algorithms", 2013). */
static void civil_date(double moment, int64_t *year, int64_t *month, int64_t *day) {
    const int64_t days = whole_days(moment) + 719468;
    const int64_t era = floor_of_quotient(days, 146097), day_of_era = days - era * 146097;
    const int64_t leaps = day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146096;
    const int64_t year_of_era = (day_of_era - leaps) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = era * 400 + year_of_era + (*month <= 2);
}

/* Days since 1970 began: the way back. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    const int64_t from_march = year - (month <= 2);
    const int64_t era = floor_of_quotient(from_march, 400), year_of_era = from_march - era * 400;
    const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static double year_of(double moment) {
    int64_t year, month, day;
    civil_date(moment, &year, &month, &day);
    return (double)year;
}

static double month_of(double moment) {
    int64_t year, month, day;
    civil_date(moment, &year, &month, &day);
    return (double)month;
}

static double day_of(double moment) {
    int64_t year, month, day;
    civil_date(moment, &year, &month, &day);
    return (double)day;
}

/* Monday is 0; the first day of 1970 was a Thursday. */
static double weekday_of(double moment) {
    const int64_t days = whole_days(moment) + 3;
    return (double)(days - 7 * floor_of_quotient(days, 7));
}

/* What a moment has beyond its whole days. */
static double seconds_of_day(double moment) {
    return moment - (double)whole_days(moment) * 86400.0;
}

static double hour_of(double moment) {
    return (double)floor_of(seconds_of_day(moment) / 3600.0);
}

static double minute_of(double moment) {
    return (double)(floor_of(seconds_of_day(moment) / 60.0) % 60);
}

/* Whether there is a number that is not finite. */
static int is_infinite(double x) {
    return x == x && x - x != 0.0;
}

static double truth(int is) {
    return is ? 1.0 : 0.0;
}

static int is_word(const char *word, const char *other) {
    return strcmp(word, other) == 0;
}

/* The place of a number among others, or their number. */
static size_t place_of_number(double x, const double *numbers, size_t count) {
    size_t place = 0;
    while (place < count && numbers[place] != x) {
        place++;
    }
    return place;
}

static double minimum(double a, double b) {
    return a < b || b != b ? a : b;
}

static double maximum(double a, double b) {
    return a > b || b != b ? a : b;
}

static double floor_double(double x) {
    return abs_double(x) < 4503599627370496.0 ? with_sign_double(abs_double((double)floor_of(x)), x) : x;
}

/* The square root, correctly rounded: its digits one by one. */
static double sqrt_double(double x) {
    int exponent;
    if (!is_finite_and_not_zero(x) || x < 0.0) {
        return x < 0.0 ? (x - x) / (x - x) : x;
    }
    uint64_t rest = digits_of(x, &exponent), root = 0, remainder = 0;
    for (; rest >> 52 == 0; exponent--) {
        rest <<= 1;
    }
    if (exponent % 2 != 0) {
        rest <<= 1;
        exponent--;
    }
    /* Two digits of the number give one of its root; 54 are one more than are kept. */
    for (int place = 0; place < 54; place++) {
        remainder = remainder << 2 | (rest >> 52 & 3);
        rest = rest << 2 & (((uint64_t)1 << 54) - 1);
        const int is_one = remainder >= (root << 2 | 1);
        remainder -= is_one ? root << 2 | 1 : 0;
        root = root << 1 | (uint64_t)is_one;
    }
    const uint64_t digits = root / 2 + (root % 2 == 1 && (remainder != 0 || root % 4 == 3));
    return double_of_bits(((uint64_t)(exponent / 2 + 1048) << 52) + digits);
}

/* x = n pi/2 + rest with the rest within pi/4 of 0; NaN where x is so large that its digits say nothing. */
static int64_t quarters_of(double x, double *rest) {
    if (!(abs_double(x) <= LARGEST_ANGLE)) {
        *rest = (x - x) / (x - x);
        return 0;
    }
    const double quarters = x * TWO_OVER_PI;
    int64_t whole = (int64_t)quarters;
    const double beyond = quarters - (double)whole;
    whole += (beyond >= 0.5) - (beyond <= -0.5);
    const double n = with_sign_double((double)whole, quarters);
    *rest = x;
    for (size_t i = 0; i < COUNT(QUARTER); i++) {
        *rest = fma_double(-n, QUARTER[i], *rest);
    }
    return whole;
}

/* sin(n pi/2 + r) */
static double quarter_wave(int64_t quarters, double r) {
    const double square = r * r;
    const double sine = fma_double(r * square, polynomial_double(square, SINE, COUNT(SINE)), r);
    const double cosine = fma_double(square, polynomial_double(square, COSINE, COUNT(COSINE)), 1.0);
    switch (quarters - 4 * floor_of_quotient(quarters, 4)) {
    case 0:
        return sine;
    case 1:
        return cosine;
    case 2:
        return -sine;
    default:
        return -cosine;
    }
}

static double sin_double(double x) {
    double rest;
    const int64_t quarters = quarters_of(x, &rest);
    return quarter_wave(quarters, rest);
}

static double cos_double(double x) {
    double rest;
    const int64_t quarters = quarters_of(x, &rest);
    return quarter_wave(quarters + 1, rest);
}

/* arctan t = 2 arctan(t / (1 + sqrt(1 + t^2))), three times, until the series is short. */
static double arctan_double(double t) {
    const double magnitude = abs_double(t);
    double small = magnitude > 1.0 ? 1.0 / magnitude : t;
    for (int i = 0; i < 3; i++) {
        small = small / (1.0 + sqrt_double(fma_double(small, small, 1.0)));
    }
    const double square = small * small;
    const double series = polynomial_double(square, ARCTANGENT, COUNT(ARCTANGENT));
    const double angle = 8.0 * fma_double(small * square, series, small);
    return magnitude > 1.0 ? with_sign_double(HALF_PI - angle, t) : angle;
}

static double arcsin_double(double x) {
    return arctan_double(x / sqrt_double((1.0 - x) * (1.0 + x)));
}

/* The square of the sine of half an angle in degrees. */
static double half_wave(double degrees) {
    const double sine = sin_double(degrees * DEGREE / 2.0);
    return sine * sine;
}

/* Kilometres along the globe between two places in degrees, by the haversine formula. */
static double distance(double latitude, double longitude, double to_latitude, double to_longitude) {
    const double cosines = cos_double(latitude * DEGREE) * cos_double(to_latitude * DEGREE);
    const double haversine = half_wave(to_latitude - latitude) + cosines * half_wave(to_longitude - longitude);
    return 2.0 * EARTH * arcsin_double(sqrt_double(minimum(haversine, 1.0)));
}

/* a^b: products where b is a whole number, the root of a where it is 1/2, else e^(b ln a). */
static double to_the_power(double a, double b) {
    if (abs_double(b) <= 1024.0 && b == (double)(int64_t)b) {
        double product = 1.0, square = a;
        for (int left = (int)abs_double(b); left > 0; left /= 2) {
            product *= left % 2 == 1 ? square : 1.0;
            square *= square;
        }
        return b < 0.0 ? 1.0 / product : product;
    }
    return b == 0.5 ? sqrt_double(a) : exp_double(b * ln_double(a));
}

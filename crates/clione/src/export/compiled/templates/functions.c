/* The functions that sources in C are made of, for float; those for double follow from this text. */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint32_t bits_of_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float abs_float(float x) {
    return float_of_bits(bits_of_float(x) & (UINT32_MAX >> 1));
}

static float with_sign_float(float x, float sign) {
    const uint32_t magnitude = UINT32_MAX >> 1;
    return float_of_bits((bits_of_float(x) & magnitude) | (bits_of_float(sign) & ~magnitude));
}

/* ((c0 x + c1) x + c2) x + ...: a polynomial by Horner's rule, highest power first. */
static float polynomial_float(float x, const float *coefficients, size_t count) {
    float sum = coefficients[0];
    for (size_t i = 1; i < count; i++) {
        sum = fma_float(sum, x, coefficients[i]);
    }
    return sum;
}

/* 2^n for a whole n: an addition puts n into the lowest bits, and a shift moves it to where exponents are. */
static float power_of_two_float(float n) {
    return float_of_bits(bits_of_float(n + (ROUNDING_FLOAT + BIAS_FLOAT)) << MANTISSA_BITS_FLOAT);
}

/* e^x = 2^n (1 + head + tail), where n is the whole number nearest to x / ln 2. */
static void power_parts_float(float x, float *n, float *head, float *tail) {
    *n = fma_float(x, LOG2_E_FLOAT, ROUNDING_FLOAT) - ROUNDING_FLOAT;
    *head = fma_float(*n, -LN_2_FLOAT, x);
    const float rest = *n * -LN_2_REST_FLOAT;
    const float r = *head + rest;
    *tail = fma_float(r * r, polynomial_float(r, EXP_FLOAT, COUNT(EXP_FLOAT)), rest);
}

/* e^x */
static float exp_float(float x) {
    float n, head, tail;
    x = x < EXP_IS_ZERO_FLOAT ? EXP_IS_ZERO_FLOAT : x;
    x = x > EXP_IS_INFINITE_FLOAT ? EXP_IS_INFINITE_FLOAT : x;
    power_parts_float(x, &n, &head, &tail);
    /* 2^n itself may be too large or too small where the product is not, so it comes in two halves. */
    const float half = fma_float(n, 0.5f, ROUNDING_FLOAT) - ROUNDING_FLOAT;
    return (1.0f + (head + tail)) * power_of_two_float(half) * power_of_two_float(n - half);
}

/* (e^2x - 1) / (e^2x + 1), put together without subtracting nearly equal numbers. */
static float tanh_float(float x) {
    float n, head, tail, magnitude = abs_float(x);
    magnitude = magnitude > TANH_IS_ONE_FLOAT ? TANH_IS_ONE_FLOAT : magnitude;
    const float twice = magnitude + magnitude;
    power_parts_float(twice < 0.5f * LN_2_FLOAT ? -twice : twice, &n, &head, &tail);
    const float scale = power_of_two_float(n);
    const float power_minus_1 = fma_float(scale, tail, fma_float(scale, head, scale - 1.0f));
    return with_sign_float(power_minus_1 / (power_minus_1 + 2.0f), x);
}

/* 1 / (1 + e^-x), with a power that never overflows. */
static float sigmoid_float(float x) {
    const float power = exp_float(-abs_float(x));
    const float bound = x > 0.0f ? 1.0f : power;
    return fma_float(bound, -(power / (1.0f + power)), bound);
}

/* ln(1 + f) + rest for f from sqrt(1/2) - 1 to 1, by a series in s = f / (2 + f). */
static float ln_near_one_float(float f, float rest) {
    const float s = f / (2.0f + f);
    const float z = s * s;
    const float half_square = 0.5f * f * f;
    const float sum = fma_float(z, polynomial_float(z, LN_FLOAT, COUNT(LN_FLOAT)), half_square);
    return f - (half_square - fma_float(s, sum, rest));
}

/* m with x = 2^n m and sqrt(1/2) <= m < sqrt(2), for a positive and finite x. */
static float mantissa_float(float x, float *n) {
    const uint32_t sqrt_half = bits_of_float(SQRT_HALF_FLOAT);
    const int is_subnormal = x < MIN_POSITIVE_FLOAT;
    const float normal = is_subnormal ? x * FROM_EXPONENT_FLOAT : x;
    const float offset = is_subnormal ? BIAS_FLOAT + 1.0f + (float)MANTISSA_BITS_FLOAT : BIAS_FLOAT + 1.0f;
    const uint32_t bits = bits_of_float(normal) - sqrt_half + ((uint32_t)(BIAS_FLOAT + 1.0f) << MANTISSA_BITS_FLOAT);
    const uint32_t exponent = (bits >> MANTISSA_BITS_FLOAT) | bits_of_float(FROM_EXPONENT_FLOAT);
    *n = float_of_bits(exponent) - FROM_EXPONENT_FLOAT - offset;
    return float_of_bits((bits & (((uint32_t)1 << MANTISSA_BITS_FLOAT) - 1)) + sqrt_half);
}

/* The natural logarithm. */
static float ln_float(float x) {
    float n;
    const float mantissa = mantissa_float(x, &n);
    const float ln = fma_float(n, LN_2_FLOAT, ln_near_one_float(mantissa - 1.0f, n * LN_2_REST_FLOAT));
    const float infinity = float_of_bits(UINT32_MAX >> 1 >> MANTISSA_BITS_FLOAT << MANTISSA_BITS_FLOAT);
    if (x == 0.0f) {
        return -infinity;
    }
    /* Infinity and NaN are their own logarithms. */
    return x < 0.0f ? infinity - infinity : x < infinity ? ln : x;
}

/* ln(1 + x), also where 1 + x has lost the digits of x (William Kahan). */
static float ln_1_plus_float(float x) {
    const float sum = 1.0f + x;
    return sum == 1.0f ? x : ln_float(sum) * (x / (sum - 1.0f));
}

/* ln(1 + e^x) = max(0, x) + ln(1 + e^-|x|) */
static float softplus_float(float x) {
    return (x > 0.0f ? x : 0.0f) + ln_near_one_float(exp_float(-abs_float(x)), 0.0f);
}

/* The error function: x + x p(x^2) where |x| < 1, and 1 - e^-q(|x|) with the sign of x elsewhere. */
static float erf_float(float x) {
    const float magnitude = abs_float(x);
    if (magnitude < 1.0f) {
        const float near = polynomial_float(magnitude * magnitude, ERF_NEAR_FLOAT, COUNT(ERF_NEAR_FLOAT));
        return with_sign_float(fma_float(magnitude, near, magnitude), x);
    }
    const float limited = magnitude > ERF_IS_ONE_FLOAT ? ERF_IS_ONE_FLOAT : magnitude;
    const float far = exp_float(-polynomial_float(limited, ERF_FAR_FLOAT, COUNT(ERF_FAR_FLOAT)));
    return with_sign_float(1.0f - far, x);
}

/* max(x, 0) */
static float relu_float(float x) {
    return -x > 0.0f ? 0.0f : x;
}

/* x where x > 0, x / 100 elsewhere */
static float leaky_relu_float(float x) {
    return x > 0.0f ? x : 0.01f * x;
}

/* x where x > 0, e^x - 1 = 2t / (1 - t) with t = tanh(x / 2) elsewhere */
static float elu_float(float x) {
    const float t = tanh_float(0.5f * x);
    return x > 0.0f ? x : (t + t) / (1.0f - t);
}

/* x times the probability that a normal number is smaller than x */
static float gelu_float(float x) {
    return x * (0.5f * (1.0f + erf_float(x * SQRT_HALF_FLOAT)));
}

/* x times sigmoid(x) */
static float silu_float(float x) {
    return x * sigmoid_float(x);
}

/* y[j] = e^z[j] / sum of e^z: numbers become probabilities. The sum runs over 16 lanes, then halves onto halves. */
static void softmax_float(const float *z, float *y, size_t count) {
    float largest = z[0], lanes[16] = {0.0f};
    for (size_t j = 1; j < count; j++) {
        largest = z[j] - largest > 0.0f ? z[j] : largest;
    }
    for (size_t j = 0; j < count; j++) {
        y[j] = exp_float(z[j] - largest);
        lanes[j % 16] += y[j];
    }
    for (size_t width = 8; width > 0; width /= 2) {
        for (size_t j = 0; j < width; j++) {
            lanes[j] += lanes[j + width];
        }
    }
    for (size_t j = 0; j < count; j++) {
        y[j] /= lanes[0];
    }
}

// exp((x - origin) / temperature), but at least 2^-125: a normal float, and the
// value of NaN. 2^y = 2^n * 2^f with n = round(y); adding 1.5*2^23 rounds and
// leaves n in the low bits. The polynomial is the minimax one of degree 5 with
// constant term 1 on [-1/2, 1/2] (Remez; relative error 1.1e-7).
static inline v16 weight(v16 x, float origin, float temperature) {
    const v16 magic = v_set1(0x1.8p23f);
    const float log2e = 0x1.715476p0f;
    const v16 scale = v_set1(log2e / temperature), floor = v_set1(-125 * temperature / log2e);
    v16 d = v_max(v_sub(x, v_set1(origin)), floor);
    v16 z = v_fma(d, scale, magic);
    v16 f = v_fma(d, scale, v_sub(magic, z));
    v16 p = v_fma(f, v_set1(0x1.5bba14p-10f), v_set1(0x1.3cea88p-7f));
    p = v_fma(p, f, v_set1(0x1.c6b752p-5f));
    p = v_fma(p, f, v_set1(0x1.ebf9bcp-3f));
    p = v_fma(p, f, v_set1(0x1.62e42ap-1f));
    p = v_fma(p, f, v_set1(1.0f));
    return v_scale(p, z);
}

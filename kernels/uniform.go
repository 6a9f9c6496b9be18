package kernels

// Uniform is the random number in [0, 1) of a token, by its sample's seed and its
// position: the first 53 bits of Philox4x32-10 (Salmon et al., SC 2011) keyed by seed,
// at counter (position, nth). Sampler takes the one with nth 0; others are there for who
// draws a token more than once.
func Uniform(seed, position uint64, nth uint32) float64 {
	c := philox([4]uint32{uint32(position), uint32(position >> 32), nth}, [2]uint32{uint32(seed), uint32(seed >> 32)})
	return float64((uint64(c[0])<<32|uint64(c[1]))>>11) / (1 << 53)
}

func philox(c [4]uint32, k [2]uint32) [4]uint32 {
	for range 10 {
		a, b := 0xD2511F53*uint64(c[0]), 0xCD9E8D57*uint64(c[2])
		c = [4]uint32{uint32(b>>32) ^ c[1] ^ k[0], uint32(b), uint32(a>>32) ^ c[3] ^ k[1], uint32(a)}
		k[0] += 0x9E3779B9
		k[1] += 0xBB67AE85
	}
	return c
}

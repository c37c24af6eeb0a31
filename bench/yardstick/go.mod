module mreg/bench/yardstick

go 1.25

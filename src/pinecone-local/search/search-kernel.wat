;; Scores of many rows against one query: float32 rows, float64 sums, two elements an instruction.
;; `node scripts/search-kernel.ts` compiles it into search-kernel.ts, and `npm run check` compares the two.
(module
  (memory (export "memory") 16)

  ;; out[row] = the dot product of row and query. rows: float32, one after another; query and out: float64.
  (func (export "dots") (param $rows i32) (param $query i32) (param $out i32) (param $count i32) (param $length i32)
    (local $q i32) (local $end4 i32) (local $left i32) (local $sums v128) (local $more v128) (local $sum f64)
    (local.set $end4 (i32.and (local.get $length) (i32.const -4)))
    (loop $each
      (if (local.get $count) (then
        (local.set $q (local.get $query))
        (local.set $sums (v128.const f64x2 0 0))
        (local.set $more (v128.const f64x2 0 0))
        (local.set $left (local.get $end4))
        (loop $four
          (if (local.get $left) (then
            (local.set $sums (f64x2.add (local.get $sums) (f64x2.mul
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $rows)))
              (v128.load (local.get $q)))))
            (local.set $more (f64x2.add (local.get $more) (f64x2.mul
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $rows)))
              (v128.load offset=16 (local.get $q)))))
            (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
            (local.set $q (i32.add (local.get $q) (i32.const 32)))
            (local.set $left (i32.sub (local.get $left) (i32.const 4)))
            (br $four))))
        (local.set $sum (f64x2.extract_lane 0 (local.get $sums)))
        (local.set $left (i32.and (local.get $length) (i32.const 3)))
        (loop $one
          (if (local.get $left) (then
            (local.set $sum (f64.add (local.get $sum)
              (f64.mul (f64.promote_f32 (f32.load (local.get $rows))) (f64.load (local.get $q)))))
            (local.set $rows (i32.add (local.get $rows) (i32.const 4)))
            (local.set $q (i32.add (local.get $q) (i32.const 8)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br $one))))
        (f64.store (local.get $out)
          (f64.add (f64.add (f64.add (local.get $sum)
            (f64x2.extract_lane 1 (local.get $sums)))
            (f64x2.extract_lane 0 (local.get $more)))
            (f64x2.extract_lane 1 (local.get $more))))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each)))))

  ;; out[row] = the squared distance of row and query.
  (func (export "distances") (param $rows i32) (param $query i32) (param $out i32) (param $count i32) (param $length i32)
    (local $q i32) (local $left i32) (local $gap v128) (local $sums v128) (local $sum f64) (local $one f64)
    (loop $each
      (if (local.get $count) (then
        (local.set $q (local.get $query))
        (local.set $sums (v128.const f64x2 0 0))
        (local.set $left (i32.and (local.get $length) (i32.const -2)))
        (loop $two
          (if (local.get $left) (then
            (local.set $gap (f64x2.sub
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $rows)))
              (v128.load (local.get $q))))
            (local.set $sums (f64x2.add (local.get $sums) (f64x2.mul (local.get $gap) (local.get $gap))))
            (local.set $rows (i32.add (local.get $rows) (i32.const 8)))
            (local.set $q (i32.add (local.get $q) (i32.const 16)))
            (local.set $left (i32.sub (local.get $left) (i32.const 2)))
            (br $two))))
        (local.set $sum (f64x2.extract_lane 0 (local.get $sums)))
        (if (i32.and (local.get $length) (i32.const 1)) (then
          (local.set $one (f64.sub (f64.promote_f32 (f32.load (local.get $rows))) (f64.load (local.get $q))))
          (local.set $sum (f64.add (local.get $sum) (f64.mul (local.get $one) (local.get $one))))
          (local.set $rows (i32.add (local.get $rows) (i32.const 4)))))
        (f64.store (local.get $out) (f64.add (local.get $sum) (f64x2.extract_lane 1 (local.get $sums))))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each)))))
)

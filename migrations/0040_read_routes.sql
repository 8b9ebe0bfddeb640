-- A function keeps its plan for as long as its connection: to plan the seven tables takes longer than to read them, and a
-- named statement would not outlive a pooler's transaction. Its plan fits any number of tenants and any age of the
-- statistics: by the indexes. A later version adds to the end of the arrays, or makes a function of another name.
CREATE FUNCTION "read_routes"(ids text[]) RETURNS SETOF json LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  RETURN QUERY SELECT json_build_array(
    t.id, t.status, t.tier, r.change_no, r.epoch, r.phase,
    CASE WHEN a.id IS NOT NULL THEN json_build_array(
      a.id, a.project, a.index_name, a.namespace, a.generation, a.needs_model,
      i.kind, i.host, i.embedding_model, i.dimension, i.metric) END,
    -- Few have more than that.
    CASE WHEN r.phase <> 'steady' OR t.adopted_namespace IS NOT NULL OR t.limits <> '{}' THEN json_build_object(
      'limits', t.limits, 'limitsUntil', t.limits_until,
      'moveId', r.move_id, 'fenceDeadline', r.fence_deadline,
      'follower', CASE WHEN f.id IS NOT NULL THEN json_build_array(
        f.id, f.project, f.index_name, f.namespace, f.generation, f.needs_model,
        fi.kind, fi.host, fi.embedding_model, fi.dimension, fi.metric) END,
      'adoptedNamespace', t.adopted_namespace, 'fields', coalesce(t.fields, i.fields), 'firstWriteAt', t.first_write_at,
      'inventory', CASE WHEN v.tenant_id IS NOT NULL THEN json_build_object(
        'documentField', v.document_field, 'idPattern', v.id_pattern) END) END)
  FROM tenants t
  LEFT JOIN routing r ON r.tenant_id = t.id
  LEFT JOIN places a ON a.id = r.active_place_id
  LEFT JOIN indexes i ON i.id = a.index_id
  LEFT JOIN places f ON f.id = r.follower_place_id
  LEFT JOIN indexes fi ON fi.id = f.index_id
  LEFT JOIN inventories v ON v.tenant_id = t.id
  WHERE t.id = ANY (ids);
END $$;

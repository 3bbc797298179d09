-- The role and the database of the service; run once, on the primary, as postgres.
create role rentomatic login password '$RENTOMATIC_PASSWORD';
create database rentomatic owner rentomatic template template0 encoding 'UTF8' locale 'C';
